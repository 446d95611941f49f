import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../access/access.decorator.js';
import { Operation } from '../http/operation.decorator.js';
import { Metrics, METRICS_CONTENT_TYPE } from '../runtime/metrics.service.js';

@Controller('metrics')
@ApiTags('Operations')
@Public()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', METRICS_CONTENT_TYPE)
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Metrics for Prometheus',
    description: 'Counts of this process, and how the shared database stands; docs/metrics.md names them all. Labels are words of this service and ids of channels. Needs no key, as the health answers: let your proxy keep it inside.',
    isPublic: true,
    answers: { 200: { description: 'In Prometheus’s text format.', isFile: true } },
    problems: ['service.unavailable'],
  })
  read(): Promise<string> {
    return this.metrics.text();
  }
}
