/** Which files of a folder are scenarios, told without parsing them. */
import path from 'node:path';
import { yamlFilesUnder } from './glob';
import { readSource } from './source';

export function scenarioFilesUnder(folder: string): readonly string[] {
  return yamlFilesUnder(folder).filter(isScenarioFile);
}

/** The catalogue, the list of conditions and shared steps lie among the scenarios and are none. */
export function isScenarioFile(file: string): boolean {
  const folder = path.basename(path.dirname(file));
  if (folder === 'scenarios' && ['clauses.yaml', 'conditions.yaml'].includes(path.basename(file))) return false;
  return !beginsWith(file, 'shared:');
}

/** Whether the first line that is neither empty nor a comment begins so; what cannot be read is for others to complain of. */
function beginsWith(file: string, key: string): boolean {
  const source = readSource(file);
  if ('code' in source) return false;
  return /^(?:(?:[ \t]*(?:#[^\n]*)?|---)\r?\n)*([^\n:]{1,40}:)/.exec(source.text.slice(0, 8192))?.[1] === key;
}
