import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';

/**
 * The way to read outside a unit of work: committed rows only. On SQLite it is a second, read-only connection,
 * so a reader never sees (and the dispatcher never sends) what may still be rolled back.
 */
@Injectable()
export class Reader {
  constructor(private readonly dataSource: DataSource) {}

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity> {
    return this.dataSource.getRepository(entity);
  }
}
