/** The second opinion: what the host asks for, and what QEMU and the certification said of each fault. Plain data. */
import type { Layout, MatrixAbout } from '../matrix/request';

export const opinionRequestFile = 'opinion-request.json';
export const opinionRowsFile = 'opinion.jsonl';
export const opinionAboutFile = 'opinion-about.json';
/** In the guest's results folder: what the host has staged there. */
export const toolsFolder = 'qemu-tools';

export interface OpinionTrial {
  /** `none` for the correct module. */
  readonly fault: string;
  readonly layout: Layout;
}

export interface OpinionRequest {
  readonly trials: readonly OpinionTrial[];
  readonly stateSize: number;
  /** Each fault is also certified, until it is caught. */
  readonly certify: boolean;
}

/** clean: the state and the memory arrived. The others are what a person at the machine would see. */
export type QemuVerdict = 'clean' | 'error' | 'error after completed' | 'dies' | 'hangs' | 'silently wrong';

export interface QemuOpinion {
  readonly verdict: QemuVerdict;
  /** One line: the signal, the error's text, or what differs. */
  readonly detail: string;
  /** Pages of the guest's memory that differ. */
  readonly wrongPages: number;
  readonly stateArrived: boolean | undefined;
  readonly seconds: number;
}

export interface OpinionRow extends OpinionTrial {
  readonly summary: string;
  readonly breaks: readonly string[];
  readonly qemu: QemuOpinion;
  /** Clauses that certification reports; absent where it was not asked. */
  readonly certification?: readonly string[];
  readonly good: boolean;
  readonly remarks: readonly string[];
}

export interface OpinionAbout extends Pick<MatrixAbout, 'kernel' | 'driver'> {
  readonly qemu: string;
}
