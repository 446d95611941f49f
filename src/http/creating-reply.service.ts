import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UnitOfWork } from '../database/unit-of-work.service.js';
import type { Answer, WrittenAnswer } from './answer.js';
import { Idempotency, type KeepAnswer } from './idempotency.service.js';

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  team: string;
}

/** For controllers whose POST creates something: carries it out once per `Idempotency-Key` and writes the answer. Returns the body to hand to Fastify. */
@Injectable()
export class CreatingReply {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** `prepare` may wait for the network; `effect` runs in one unit of work together with the keeping of its answer. */
  send<Prepared>(exchange: Exchange, prepare: () => Promise<Prepared>, effect: (prepared: Prepared) => Promise<Answer>): Promise<string> {
    return this.sendKept(exchange, async (keep) => {
      const prepared = await prepare();
      return this.unitOfWork.run(async () => keep(await effect(prepared)));
    });
  }

  /** For an effect that has a unit of work of its own; see `Idempotency.carryOut`. */
  async sendKept({ request, reply, team }: Exchange, effect: (keep: KeepAnswer) => Promise<WrittenAnswer>): Promise<string> {
    const header = request.headers['idempotency-key'];
    const answer = await this.idempotency.carryOut(
      {
        team,
        key: Array.isArray(header) ? header.join(',') : header,
        method: request.method,
        path: request.url,
        body: request.body,
      },
      effect,
    );
    void reply.status(answer.status).headers(withLimitsSoFar(reply, answer.headers)).header('content-type', 'application/json; charset=utf-8');
    if (answer.isReplay) {
      void reply.header('idempotency-replayed', 'true');
    }
    return answer.body;
  }
}

/** `RateLimit` is a list: what the answer tells of the message goes before what is told of every request. */
function withLimitsSoFar(reply: FastifyReply, headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const soFar = /^ratelimit/.test(name) ? reply.getHeader(name) : undefined;
      return [name, typeof soFar === 'string' ? `${value}, ${soFar}` : value];
    }),
  );
}
