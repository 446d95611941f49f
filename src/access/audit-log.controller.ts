import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Operation } from '../http/operation.decorator.js';
import { RequiresScope } from './access.decorator.js';
import { auditPageSchema, auditQuerySchema, auditVerificationSchema, toAuditEntryDto } from './audit-log.dto.js';
import { AuditLog } from './audit-log.service.js';

@Controller('v1/audit-log')
@ApiTags('Access')
@ApiBearerAuth()
@RequiresScope('admin')
export class AuditLogController {
  constructor(private readonly log: AuditLog) {}

  @Get()
  @Operation({
    summary: 'Read the audit log',
    description: 'Who changed what: keys, channels, callbacks, erased participants, messages that a caller settled. Of all teams.',
    query: auditQuerySchema,
    answers: { 200: { description: 'The entries, newest first.', schema: auditPageSchema } },
  })
  async list(@Query({ schema: auditQuerySchema }) query: z.infer<typeof auditQuerySchema>): Promise<z.infer<typeof auditPageSchema>> {
    const { limit, cursor, ...filter } = query;
    const page = await this.log.list(filter, { limit, cursor });
    return { data: page.items.map(toAuditEntryDto), page: { next: page.next } };
  }

  @Get('verification')
  @Operation({
    summary: 'Is the audit log as it was written?',
    description: 'Goes through the whole chain of hashes.',
    answers: { 200: { description: 'Whether it holds, and where it does not.', schema: auditVerificationSchema } },
  })
  async verify(): Promise<z.infer<typeof auditVerificationSchema>> {
    const { entries, brokenAt } = await this.log.verify();
    return { holds: brokenAt === null, entries, brokenAt };
  }
}
