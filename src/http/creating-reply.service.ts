import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from './answer.js';
import { Idempotency } from './idempotency.service.js';

/** For controllers whose POST creates something: carries it out once per `Idempotency-Key` and writes the answer. */
@Injectable()
export class CreatingReply {
  constructor(private readonly idempotency: Idempotency) {}

  /** See `Idempotency.carryOut`. Returns the body to hand to Fastify. */
  async send<Prepared>(
    http: { request: FastifyRequest; reply: FastifyReply; team: string },
    prepare: () => Promise<Prepared>,
    effect: (prepared: Prepared) => Promise<Answer>,
  ): Promise<string> {
    const { request, reply, team } = http;
    const header = request.headers['idempotency-key'];
    const answer = await this.idempotency.carryOut(
      {
        team,
        key: Array.isArray(header) ? header.join(',') : header,
        method: request.method,
        path: request.url,
        body: request.body,
      },
      prepare,
      effect,
    );
    void reply.status(answer.status).headers(answer.headers).header('content-type', 'application/json; charset=utf-8');
    if (answer.isReplay) {
      void reply.header('idempotency-replayed', 'true');
    }
    return answer.body;
  }
}
