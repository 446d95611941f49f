/** What decides whether a brand may write to someone. */
export interface SendCircumstances {
  isRecipientSuspended: boolean;
  isBlocked: boolean;
  hasRecipientWritten: boolean;
  isFollowedByRecipient: boolean;
  receivesFrom: 'anyone' | 'followed' | 'nobody';
}

export type SendPermission = 'allowed' | 'userSuspended' | 'cannotMessageUser' | 'notFollowing';

/** Whoever wrote can be answered unless they block; anyone else must follow the sender or take messages from everyone. */
export function decideSendPermission(circumstances: SendCircumstances): SendPermission {
  if (circumstances.isRecipientSuspended) return 'userSuspended';
  if (circumstances.isBlocked) return 'cannotMessageUser';
  if (circumstances.hasRecipientWritten || circumstances.isFollowedByRecipient) return 'allowed';
  if (circumstances.receivesFrom === 'anyone') return 'allowed';
  return circumstances.receivesFrom === 'nobody' ? 'cannotMessageUser' : 'notFollowing';
}
