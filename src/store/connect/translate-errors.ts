// Pages of rows as they are handed out of store/: no driver's error gets out with them.
import { translateErrors } from './driver-errors.js';

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
