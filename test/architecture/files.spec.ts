import {
  type SourceFile,
  countLines,
  findImportsWithoutSuffix,
  findMisnamed,
  findTooLong,
  isSpec,
  medianLines,
  readSourceFiles,
} from './source-files.js';

const ofLines = (path: string, lines: number): SourceFile => ({ path, text: 'x;\n'.repeat(lines) });
const named = (path: string): SourceFile => ({ path, text: '' });

describe('the files of src', () => {
  const files = readSourceFiles('src');
  const own = files.filter((file) => !isSpec(file));

  it('are 250 lines at most', () => {
    expect(findTooLong(files)).toEqual([]);
  });

  it('have a median of 60 lines at most', () => {
    const longest = [...own].sort((a, b) => countLines(b) - countLines(a)).slice(0, 10);
    const report = `median ${medianLines(own)} of ${own.length}; longest: ${longest.map((file) => `${file.path} ${countLines(file)}`).join(', ')}`;
    expect({ isWithin: medianLines(own) <= 60, report }).toEqual({ isWithin: true, report });
  });

  it('are kebab-case with their role last, and none is a barrel', () => {
    expect(findMisnamed(files)).toEqual([]);
  });

  it('import each other by the name that Node finds', () => {
    expect(findImportsWithoutSuffix(files)).toEqual([]);
  });

  describe('are checked by what sees a planted violation:', () => {
    it('a file of 251 lines', () => {
      expect(findTooLong([ofLines('src/a.ts', 250), ofLines('src/b.ts', 251)])).toEqual(['src/b.ts: 251 lines']);
    });

    it('a median, of an odd and an even number of files', () => {
      expect(medianLines([ofLines('a', 10), ofLines('b', 300), ofLines('c', 61)])).toBe(61);
      expect(medianLines([ofLines('a', 10), ofLines('b', 300), ofLines('c', 60), ofLines('d', 62)])).toBe(61);
    });

    it.each(['src/access/index.ts', 'src/access/apiKey.ts', 'src/access/keys.manager.ts', 'src/access/api_key.service.ts'])('%s', (path) => {
      expect(findMisnamed([named(path), named('src/access/api-key.service.ts'), named('src/access/api-key.service.spec.ts')])).toEqual([path]);
    });

    it('an import without its suffix', () => {
      const text = "import { a } from './a';\nimport { b } from '../b.js';\nimport './c';\nconst d = import('./d');\n";
      expect(findImportsWithoutSuffix([{ path: 'src/x.ts', text }])).toEqual(["src/x.ts: './a'", "src/x.ts: './c'", "src/x.ts: './d'"]);
    });
  });
});
