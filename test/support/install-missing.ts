// Installs what tests need and this machine lacks, all at once: most of that time is spent waiting for a network.
import { installKubernetesValidate } from './kubernetes-validate.js';
import { fetchNodeWithOpenssl35 } from './openssl-35.js';
import { installPrograms } from './programs.js';
import { installMysql } from './server-kinds.js';

/** Whatever could not be installed, the tests that need it name. */
export async function installMissing(): Promise<void> {
  await Promise.all([
    installPrograms(),
    installMysql(),
    installKubernetesValidate(),
    fetchNodeWithOpenssl35(),
  ]);
}
