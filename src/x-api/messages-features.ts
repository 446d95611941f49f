/** What a generation of X's direct messages may have besides text and media. */
export type MessagesFeature = 'quick-replies' | 'buttons' | 'typing' | 'read-receipts' | 'welcome-messages';

/** X: “not in v2” are quick replies, ctas, typing, read receipts, welcome messages (direct-messages/manage/migrate, 2026-08-22). */
const FEATURES: Readonly<Record<'v1.1' | 'v2', readonly MessagesFeature[]>> = {
  'v1.1': ['quick-replies', 'buttons', 'typing', 'read-receipts', 'welcome-messages'],
  v2: [],
};

export function hasFeature(messagesApi: keyof typeof FEATURES, feature: MessagesFeature): boolean {
  return FEATURES[messagesApi].includes(feature);
}
