// `npm run test:install` installs what the tests need, as KMS_TEST_INSTALL=1 does when they begin.
import { installMissing } from './install-missing.js';

await installMissing();
