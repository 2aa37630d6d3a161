// For pages whose only script shows times in the reader's zone.

import { showLocalTimes } from "/assets/shared/local-times.js";

showLocalTimes();
