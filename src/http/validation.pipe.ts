import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { findBrokenText, toValidationProblem } from './request-validation.js';

/** Checks what a handler declares with `@Body({ schema })`, `@Query({ schema })` or `@Param(name, { schema })`; no part of a path holds NUL. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const schema = (metadata as ArgumentMetadata & { schema?: StandardSchemaV1 }).schema;
    if (metadata.type === 'custom' || (schema === undefined && metadata.type !== 'param')) {
      return value;
    }
    const result = schema === undefined ? { value } : await schema['~standard'].validate(value);
    const isPath = metadata.type === 'param';
    const issues = result.issues ?? findBrokenText(result.value, isPath ? [metadata.data ?? ''] : []);
    if (issues.length > 0) {
      throw toValidationProblem(issues, isPath ? 'path' : metadata.type);
    }
    return 'value' in result ? result.value : undefined;
  }
}
