import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditEntryEntity } from './audit-entry.entity.js';
import { AuditHeadEntity } from './audit-head.entity.js';
import { AuditLogController } from './audit-log.controller.js';
import { AuditLog } from './audit-log.service.js';

/** The record of changes, for every room that makes one. */
@Global()
@Module({ imports: [TypeOrmModule.forFeature([AuditEntryEntity, AuditHeadEntity])], controllers: [AuditLogController], providers: [AuditLog], exports: [AuditLog] })
export class AuditModule {}
