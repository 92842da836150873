import { HoldfastError } from '../errors.ts';

export type ProgramErrorCode =
  /** Not installed, or not in PATH. */
  | 'PROGRAM_MISSING'
  | 'PROGRAM_TOO_SLOW'
  | 'PROGRAM_OUTPUT_TOO_LARGE'
  /** It ended with another status than 0. The message is what it said last. */
  | 'PROGRAM_FAILED';

export class ProgramError extends HoldfastError<ProgramErrorCode> {
  override readonly name = 'ProgramError';
}
