// A KmsError as every JSON document of kms shows it.
import type { KmsError, Reason } from '../errors.js';

export interface ErrorJson {
  readonly reason: Reason;
  readonly message: string;
  readonly uid?: string;
  readonly hint?: string;
}

export function errorJson(error: KmsError): ErrorJson {
  return {
    reason: error.reason,
    message: error.message,
    ...(error.uid === null ? {} : { uid: error.uid }),
    ...(error.hint === null ? {} : { hint: error.hint }),
  };
}
