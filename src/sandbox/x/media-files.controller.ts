import type { Answer } from '../wire/exchange.js';
import { madeUpMedium, type MediaStore } from '../world/media-store.js';
import type { Message } from '../world/model.js';
import type { World } from '../world/world.service.js';
import { refuse } from './x-error.js';
import { pathParam, userOf, type XCall, type XRoute } from './x-route.js';

/** X's media hosts: photos of direct messages for those who are in the conversation, signed; videos for whoever has the address. */
export class MediaFilesController {
  constructor(
    private readonly world: World,
    private readonly store: MediaStore,
  ) {}

  routes(): XRoute[] {
    const shared = { method: 'GET', fault: 'media', family: 'media' } as const;
    return [
      { ...shared, path: '/1.1/ton/data/dm/:eventId/:mediaId/:file', access: 'direct-messages', answer: (call) => this.photo(call) },
      { ...shared, path: '/dm_video/:mediaId/vid/:size/:file', access: 'none', answer: (call) => this.video(call) },
      { ...shared, path: '/dm_gif/:mediaId/:file', access: 'none', answer: (call) => this.video(call) },
    ];
  }

  private photo(call: XCall): Answer {
    const message = this.world.findMessage(pathParam(call, 'eventId'));
    const isIn = message !== null && [message.senderId, message.recipientId].includes(userOf(call).account.id);
    return isIn && message.photo?.mediaId === pathParam(call, 'mediaId') ? this.answer(message, 'photo') : refuse('noSuchPage');
  }

  private video(call: XCall): Answer {
    const message = this.world.findMessageWithMedia(pathParam(call, 'mediaId'));
    return message === null ? refuse('noSuchPage') : this.answer(message, 'video');
  }

  private answer({ photo }: Message, kind: 'photo' | 'video'): Answer {
    const { bytes, contentType } = this.store.find(photo?.mediaId ?? '') ?? madeUpMedium(kind, photo?.sizeBytes);
    return { status: 200, headers: { 'content-type': contentType }, body: bytes };
  }
}
