import { startSandbox } from './sandbox-server.service.js';

const DEFAULT_PORT = 4010;

/** Runs the offline X as a program of its own: `PORT` and `HOST` say where. */
async function main(): Promise<void> {
  const { PORT = String(DEFAULT_PORT), HOST = '127.0.0.1' } = process.env;
  const port = Number(PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT is "${PORT}"; a number from 0 to 65535 is needed`);
  const sandbox = await startSandbox({ port, host: HOST, onError: (error) => print(process.stderr, `Unexpected: ${describe(error)}`) });
  print(process.stdout, `The sandbox, an offline X, is at ${sandbox.url} (page: ${sandbox.url}/, control: ${sandbox.url}/sandbox/api/state)`);
  const stop = (): void => {
    void sandbox.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function print(stream: NodeJS.WriteStream, line: string): void {
  stream.write(`${line}\n`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main().catch((error: unknown) => {
  print(process.stderr, `The sandbox did not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
