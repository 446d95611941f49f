import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** All names begin with it, so that one look at Prometheus finds them. */
const PREFIX = 'twitter_channel_';

/** Of what `Metrics.text` gives. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** One value of a gauge that is found out when somebody asks. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/**
 * What Prometheus is told at `/metrics`. Names and help are constants, and so is the number of a label's values: words of ours and
 * the ids of channels; never an id of X, a text, a team's name or an address.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();
  private hasDefaults = false;

  /** How often something has happened in this process. */
  counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  /** How long something takes in this process, in seconds. */
  histogram<Label extends string>(name: string, help: string, labelNames: readonly Label[], buckets: number[]): Histogram<Label> {
    return new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [this.registry] });
  }

  /** What is so in the database that all instances share, found out by `find` each time somebody asks. */
  gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[], find: () => Promise<readonly Sample[]>): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      async collect() {
        const samples = await find();
        this.reset();
        samples.forEach(({ labels, value }) => this.set(labels as Record<Label, string>, value));
      },
    });
  }

  /** In Prometheus's text format. @throws what a gauge throws that cannot be found out */
  async text(): Promise<string> {
    if (!this.hasDefaults) {
      // Of the process, the delay of its event loop among them: measured from the first question on, since it costs something.
      this.hasDefaults = true;
      collectDefaultMetrics({ register: this.registry });
    }
    return this.registry.metrics();
  }
}
