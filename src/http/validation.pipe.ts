import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { toValidationProblem, type ValidationIssue } from './request-validation.js';

/** Checks what a handler declares with `@Body({ schema })`, `@Query({ schema })` or `@Param(name, { schema })`. */
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
      throw toValidationProblem(result.issues as readonly ValidationIssue[], where);
    }
    return result.value;
  }
}
