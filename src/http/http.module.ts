import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Idempotency } from './idempotency.service.js';
import { IdempotencyKeyEntity } from './idempotency-key.entity.js';
import { CreatingReply } from './creating-reply.service.js';

/** REST conventions that every room's controllers share. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([IdempotencyKeyEntity])],
  providers: [Idempotency, CreatingReply],
  exports: [Idempotency, CreatingReply],
})
export class HttpModule {}
