import type { Locator, Page } from 'playwright-core';

export interface ListedOperation {
  method: string;
  path: string;
  summary: string;
}

/** What the page shows of an answer. */
export interface ShownAnswer {
  status: number;
  mediaType: string;
  /** Null where the answer has no JSON body. */
  body: ShownBody | null;
}

/** The fields that tests look at, whatever the answer is of. */
export interface ShownBody {
  id?: string;
  status?: string | number;
  code?: string;
  charge?: string;
  webhookUrl?: string;
  window?: { remaining: number };
  data?: { id: string }[];
}

/** The docs explorer, used as a reader of it would. */
export class DocsPage {
  constructor(
    private readonly page: Page,
    private readonly origin: string,
  ) {}

  async open(): Promise<void> {
    await this.page.goto(`${this.origin}/docs`);
    await this.page.locator('.opblock').first().waitFor();
  }

  async listOperations(): Promise<ListedOperation[]> {
    const blocks = await this.page.locator('.opblock').all();
    return Promise.all(
      blocks.map(async (block) => ({
        method: await block.locator('.opblock-summary-method').innerText(),
        path: (await block.locator('.opblock-summary-path').getAttribute('data-path')) ?? '',
        summary: await block.locator('.opblock-summary-description').innerText(),
      })),
    );
  }

  async listTags(): Promise<(string | null)[]> {
    const tags = await this.page.locator('.opblock-tag').all();
    return Promise.all(tags.map((tag) => tag.getAttribute('data-tag')));
  }

  /** Presses Authorize and pastes the key. */
  async authorize(key: string): Promise<void> {
    await this.page.click('.auth-wrapper .btn.authorize');
    const dialog = this.page.locator('.dialog-ux');
    await dialog.locator('input').fill(key);
    await dialog.getByRole('button', { name: 'Apply credentials' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
  }

  /** Opens the operation, leaves what its example filled in, adds `parameters`, presses Execute and reads what the page shows. */
  async press(operation: Pick<ListedOperation, 'method' | 'path'>, parameters: Readonly<Record<string, string>> = {}, file: Buffer | null = null): Promise<ShownAnswer> {
    const block = this.page
      .locator('.opblock')
      .filter({ has: this.page.locator(`[data-path="${operation.path}"]`) })
      .filter({ has: this.page.locator('.opblock-summary-method', { hasText: new RegExp(`^${operation.method}$`) }) });
    await block.locator('.opblock-summary-control').click();
    await block.locator('.execute').waitFor();
    for (const [name, value] of Object.entries(parameters)) {
      await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
    }
    if (file !== null) {
      await block.locator('input[type=file]').setInputFiles({ name: 'picture.png', mimeType: 'image/png', buffer: file });
    }
    // Else the answer of an earlier press would be read.
    const clear = block.locator('.btn-clear');
    if ((await clear.count()) > 0) await clear.click();
    await block.locator('.execute').click();
    const answer = await readAnswer(block.locator('.live-responses-table'));
    await block.locator('.opblock-summary-control').click();
    return answer;
  }
}

/** The page shows the status, the body as highlighted text, and the headers a line each. */
async function readAnswer(table: Locator): Promise<ShownAnswer> {
  const status = await table.locator('tbody .response-col_status').innerText();
  const headers = await table.locator('.headerline').allInnerTexts();
  const [body] = await table.locator('.highlight-code pre').allInnerTexts();
  const contentType = headers.map((line) => /^content-type: ([^;\s]+)/.exec(line.trim())?.[1]).find((found) => found !== undefined);
  return {
    status: Number.parseInt(status, 10),
    mediaType: contentType ?? '',
    body: body?.startsWith('{') ? (JSON.parse(body) as ShownBody) : null,
  };
}
