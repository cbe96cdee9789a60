// The boundary of store/: what a driver throws leaves it as an error of ours (driver-errors.ts).
import { asStoreError } from './driver-errors.js';

/** Runs an operation; a driver's error leaves it as a KmsError or a WriteConflict. */
export async function translateErrors<T>(
  redactedUrl: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw asStoreError(error, redactedUrl);
  }
}

/** The same for pages of rows. */
export async function* translatePageErrors<T>(
  redactedUrl: string,
  pages: AsyncGenerator<T>,
): AsyncGenerator<T> {
  for (;;) {
    const page = await translateErrors(redactedUrl, () => pages.next());
    if (page.done === true) return;
    yield page.value;
  }
}
