import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../access/access.decorator.js';
import { Operation } from '../http/operation.decorator.js';
import { healthSchema } from './health.dto.js';
import { Readiness } from './readiness.service.js';

@Controller('health')
@ApiTags('Operations')
@Public()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Operation({
    summary: 'Is the process alive?',
    isPublic: true,
    answers: { 200: { description: 'It is.', schema: healthSchema } },
  })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Operation({
    summary: 'Can it take requests?',
    description: 'Asks the database; never X, whose troubles no restart of this service ends. A PostgreSQL that may lose what it has committed is not ready.',
    isPublic: true,
    answers: { 200: { description: 'The database answers, keeps what it commits, and migrations are done.', schema: healthSchema } },
    problems: ['service.unavailable'],
  })
  async ready(): Promise<{ status: 'ok' }> {
    await this.readiness.assert();
    return { status: 'ok' };
  }
}
