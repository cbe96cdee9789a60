// Has doctor look at a store, and on a terminal shows how far it is.
import type { DoctorContext } from '../../doctor/doctor-context.js';
import { runDoctor, type DoctorReport } from '../../doctor/run-doctor.js';
import { countedStore } from './counted-store.js';
import type { Printer } from '../printing.js';

export function examineStore(
  printer: Pick<Printer, 'whileBusy'>,
  context: DoctorContext,
): Promise<DoctorReport> {
  return printer.whileBusy('looking for damage', (progress) =>
    runDoctor({ ...context, store: countedStore(context.store, progress) }),
  );
}
