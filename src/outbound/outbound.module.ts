import { Module } from '@nestjs/common';
import { GuardedConnections } from './guarded-connections.service.js';
import { HostAddresses } from './host-addresses.service.js';

/** The guarded way out, for every room that calls what teams name. */
@Module({ providers: [GuardedConnections, HostAddresses], exports: [GuardedConnections] })
export class OutboundModule {}
