import { Module } from '@nestjs/common';
import { RatePolicy } from './rate-policy.service.js';

/** May we send, at what charge, and if not, when. The rule itself is in the pure files beside this one. */
@Module({ providers: [RatePolicy], exports: [RatePolicy] })
export class RatePolicyModule {}
