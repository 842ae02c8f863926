/**
 * Writes Allure results without waiting for the disk. results.jsonl is the record that survives a power cut; syncing two or three files
 * more for every case would make a run of short cases several times as long on a busy disk.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { TestResult, TestResultContainer } from 'allure-js-commons';
import { FileSystemWriter } from 'allure-js-commons/sdk/reporter';

export class AllureWriter extends FileSystemWriter {
  constructor(private readonly folder: string) {
    super({ resultsDir: folder });
    fs.mkdirSync(folder, { recursive: true });
  }

  override writeResult(result: TestResult): void {
    this.publish(`${result.uuid}-result.json`, JSON.stringify(result));
  }

  override writeGroup(group: TestResultContainer): void {
    this.publish(`${group.uuid}-container.json`, JSON.stringify(group));
  }

  override writeAttachment(name: string, content: Buffer): void {
    fs.writeFileSync(path.join(this.folder, name), content);
  }

  /** Whole or not at all: what a killed run leaves must be readable. */
  private publish(name: string, text: string): void {
    const half = path.join(this.folder, `.${name}.tmp`);
    fs.writeFileSync(half, text);
    fs.renameSync(half, path.join(this.folder, name));
  }
}
