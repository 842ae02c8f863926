/**
 * Writes Allure results without waiting for the disk. results.jsonl is the record that survives a power cut; syncing two or three files
 * more for every case would make a run of short cases several times as long on a busy disk.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { TestResult, TestResultContainer } from 'allure-js-commons';
import { FileSystemWriter } from 'allure-js-commons/sdk/reporter';

export class AllureWriter extends FileSystemWriter {
  private told = false;

  constructor(private readonly folder: string) {
    super({ resultsDir: folder });
    this.attempt(() => fs.mkdirSync(folder, { recursive: true }));
  }

  override writeResult(result: TestResult): void {
    this.publish(`${result.uuid}-result.json`, JSON.stringify(result));
  }

  override writeGroup(group: TestResultContainer): void {
    this.publish(`${group.uuid}-container.json`, JSON.stringify(group));
  }

  override writeAttachment(name: string, content: Buffer): void {
    this.attempt(() => fs.writeFileSync(path.join(this.folder, name), content));
  }

  /** Whole or not at all: what a killed run leaves must be readable. */
  private publish(name: string, text: string): void {
    const half = path.join(this.folder, `.${name}.tmp`);
    const written = this.attempt(() => {
      fs.writeFileSync(half, text);
      fs.renameSync(half, path.join(this.folder, name));
    });
    if (!written) this.attempt(() => fs.rmSync(half, { force: true }));
  }

  /** A report with holes is told of, once; the verdict does not rest on it. */
  private attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!this.told)
        process.stderr.write(
          `the report will lack results: ${error instanceof Error ? error.message : String(error)}\n`,
        );
      this.told = true;
      return false;
    }
  }
}
