import { Injectable } from '@nestjs/common';

@Injectable()
export class ReceiverUrls {
  assertAllowed(_url: string): void {}
}
