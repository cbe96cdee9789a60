// What is mounted into a pod: public files beside kms.toml in a ConfigMap, and the entries of a Secret, with
// placeholders that somebody fills in. No content of a file that may be secret is ever taken over.
import { readFileSync } from 'node:fs';
import { systemCodeOf } from '../files/system-error.js';

export interface Mounts {
  /** Public files, by their names. */
  readonly files: Readonly<Record<string, string>>;
  /** Placeholders, by the names of their entries. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
  /** Adds an entry to the Secret, and returns its path in the pod. */
  addSecret(key: string, placeholder?: string): string;
  /** Mounts a file of this host, and returns its path in the pod. */
  addFile(namedBy: string, key: string, path: string): string;
  note(notice: string): void;
}

export const CONFIGURATION_FOLDER = '/etc/kms';
export const SECRET_FOLDER = '/run/secrets/kms';
export const PLACEHOLDER = 'CHANGE-ME';

export function newMounts(): Mounts {
  const files: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  const notices: string[] = [];
  const addSecret = (key: string, placeholder = PLACEHOLDER) => {
    secrets[key] = placeholder;
    return `${SECRET_FOLDER}/${key}`;
  };
  return {
    files,
    secrets,
    notices,
    addSecret,
    addFile: (namedBy, key, path) => {
      const certificates = certificatesIn(path);
      if (certificates === null) {
        notices.push(`${namedBy}: put the content of ${path} into the entry ${key} of the Secret`);
        return addSecret(key);
      }
      files[`${key}.pem`] = certificates;
      return `${CONFIGURATION_FOLDER}/${key}.pem`;
    },
    note: (notice) => {
      notices.push(notice);
    },
  };
}

/** Returns the content of a file of certificates, which everybody may read; null for any other file, or none. */
function certificatesIn(path: string): string | null {
  const text = textIn(path);
  const blocks = text.match(/-----BEGIN [^-]+-----/g) ?? [];
  const isPublic =
    blocks.length > 0 && blocks.every((block) => block.endsWith(' CERTIFICATE-----'));
  return isPublic && /^[\t\n\r\x20-\x7e]*$/.test(text) ? text : null;
}

/** Empty if it cannot be read here. */
function textIn(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (systemCodeOf(error) === null) throw error;
    return '';
  }
}
