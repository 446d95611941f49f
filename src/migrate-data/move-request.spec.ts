import { readArguments, type ReadArguments } from './move-request.js';

describe('The arguments of migrate-data', () => {
  const [from, to] = ['sqlite:./data/x.db', 'postgres://me:secret@host:5432/name'];

  it.each([
    [['--from', from, '--to', to]],
    [['--to', to, '--from', from]],
    [[`--from=${from}`, `--to=${to}`]],
  ])('name both ends: %j', (args) => {
    expect(readArguments(args)).toEqual({ kind: 'move', request: { file: './data/x.db', url: to } });
  });

  it.each<[string[], ReadArguments]>([
    [['--help'], { kind: 'help' }],
    [[], { kind: 'odd', why: '--from has to be sqlite:<file>.' }],
    [['--from', to, '--to', from], { kind: 'odd', why: '--from has to be sqlite:<file>.' }],
    [['--from', from, '--to'], { kind: 'odd', why: '--to has to be postgres://user:password@host:5432/name.' }],
    [['--from', from, to], { kind: 'odd', why: 'Argument 3 is none of --from and --to.' }],
  ])('that are %j are told of without an address', (args, expected) => {
    expect(readArguments(args)).toEqual(expected);
  });
});
