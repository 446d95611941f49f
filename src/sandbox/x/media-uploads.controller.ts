import { DAY_MS, SECOND_MS } from '../../kernel/duration.js';
import type { Ambient } from '../ambient.service.js';
import { emptyAnswer, jsonAnswer, type Answer } from '../wire/exchange.js';
import { findParam } from '../wire/form-params.js';
import { writeJson, type JsonValue } from '../wire/json-text.js';
import { parseMultipart } from '../wire/multipart.js';
import type { MediaStore } from '../world/media-store.js';
import type { World } from '../world/world.service.js';
import { refuse, refuseMissing, refuseValue } from './x-error.js';
import { userOf, type XCall, type XRoute } from './x-route.js';

const MEGABYTE = 1_048_576;
const MOST_BYTES: Readonly<Record<string, number>> = { dm_image: 5 * MEGABYTE, dm_gif: 15 * MEGABYTE, dm_video: 512 * MEGABYTE };
const MOST_CHUNK_BYTES = 5 * MEGABYTE;
/** So many times somebody has to ask before a video is ready. */
const CHECKS = 2;
const CHECK_AFTER_SECS = 1;

interface Upload {
  ownerId: string;
  totalBytes: number;
  contentType: string;
  category: string;
  chunks: Map<number, Buffer>;
  checksLeft: number;
  isFinal: boolean;
}

/** `media/upload.json`: INIT, APPEND, FINALIZE, STATUS. */
export class MediaUploadsController {
  private readonly uploads = new Map<string, Upload>();

  constructor(
    private readonly world: World,
    private readonly store: MediaStore,
    private readonly ambient: Ambient,
  ) {}

  routes(): XRoute[] {
    const path = '/1.1/media/upload.json';
    return [
      { method: 'POST', path, fault: 'upload', family: 'upload', access: 'user', answer: (call) => this.command(call) },
      { method: 'GET', path, fault: 'upload-status', family: 'upload', access: 'user', answer: (call) => this.status(call) },
    ];
  }

  private command(call: XCall): Answer {
    const { request } = call;
    const parts = parseMultipart(request.headers['content-type'] ?? '', request.rawBody);
    const field = (name: string): string => parts.get(name)?.toString('utf8') ?? findParam([...request.query, ...request.form], name) ?? refuseMissing(name);
    switch (field('command')) {
      case 'INIT':
        return this.init(userOf(call).account.id, Number(field('total_bytes')), field('media_type'), field('media_category'));
      case 'APPEND':
        return this.append(this.uploadOf(call, field('media_id')), Number(field('segment_index')), parts.get('media') ?? refuseMissing('media'));
      case 'FINALIZE':
        return this.finalize(field('media_id'), this.uploadOf(call, field('media_id')));
      default:
        return refuseValue('command', 'unknown');
    }
  }

  private init(ownerId: string, totalBytes: number, contentType: string, category: string): Answer {
    const most = MOST_BYTES[category] ?? refuseValue('media_category', 'unknown');
    if (!Number.isInteger(totalBytes) || totalBytes < 1 || totalBytes > most) refuseValue('total_bytes', `1 to ${most} expected`);
    const mediaId = this.world.snowflakes.create(this.ambient.now());
    this.uploads.set(mediaId, { ownerId, totalBytes, contentType, category, chunks: new Map(), checksLeft: category === 'dm_image' ? 0 : CHECKS, isFinal: false });
    return this.answer(mediaId, {});
  }

  private append(upload: Upload, segment: number, bytes: Buffer): Answer {
    if (!Number.isInteger(segment) || segment < 0 || segment > 999 || bytes.length > MOST_CHUNK_BYTES || upload.isFinal) refuseValue('segment_index', 'not expected');
    // A copy: the request's bytes go with it.
    upload.chunks.set(segment, Buffer.from(bytes));
    return emptyAnswer(204);
  }

  private finalize(mediaId: string, upload: Upload): Answer {
    const bytes = Buffer.concat([...upload.chunks].sort(([one], [other]) => one - other).map(([, chunk]) => chunk));
    if (bytes.length !== upload.totalBytes) refuseValue('media_id', `Segments do not add up to provided total file size`);
    this.store.put(mediaId, { bytes, contentType: upload.contentType });
    Object.assign(upload, { chunks: new Map(), isFinal: true });
    return this.answer(mediaId, { size: bytes.length, ...processing(upload) });
  }

  private status(call: XCall): Answer {
    const mediaId = findParam(call.request.query, 'media_id') ?? refuseMissing('media_id');
    const upload = this.uploadOf(call, mediaId);
    upload.checksLeft = Math.max(0, upload.checksLeft - 1);
    return this.answer(mediaId, { processing_info: upload.checksLeft === 0 ? { state: 'succeeded', progress_percent: 100 } : processing(upload).processing_info });
  }

  private uploadOf(call: XCall, mediaId: string): Upload {
    const upload = this.uploads.get(mediaId);
    return upload?.ownerId === userOf(call).account.id ? upload : refuse('mediaIdInvalid');
  }

  private answer(mediaId: string, more: Record<string, JsonValue>): Answer {
    return jsonAnswer(200, writeJson({ media_id: BigInt(mediaId), media_id_string: mediaId, expires_after_secs: DAY_MS / SECOND_MS, ...more }));
  }
}

function processing({ checksLeft }: Upload): { processing_info?: JsonValue } {
  return checksLeft === 0 ? {} : { processing_info: { state: 'pending', check_after_secs: CHECK_AFTER_SECS } };
}
