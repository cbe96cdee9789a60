// Pages of rows as they are handed out of store/: no driver's error gets out with them.
import { translatingFailures } from '../connect/driver-errors.js';

export async function* guardedPages<T>(
  shownUrl: string,
  pages: AsyncGenerator<T>,
): AsyncGenerator<T> {
  for (;;) {
    const page = await translatingFailures(shownUrl, () => pages.next());
    if (page.done === true) return;
    yield page.value;
  }
}
