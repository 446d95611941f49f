import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { toValidationProblem } from './request-validation.js';

/** Checks what a handler declares with `@Body({ schema })`, `@Query({ schema })` or `@Param(name, { schema })`; no part of a path holds NUL. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const schema = (metadata as ArgumentMetadata & { schema?: StandardSchemaV1 }).schema;
    if (schema === undefined || metadata.type === 'custom') {
      return value;
    }
    const result = await schema['~standard'].validate(value);
    if (result.issues !== undefined) {
      const where = metadata.type === 'param' ? 'path' : metadata.type;
      throw toValidationProblem(result.issues, where);
    }
    return result.value;
  }
}
