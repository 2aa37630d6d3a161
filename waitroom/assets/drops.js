// The list of drops, with times in the reader's zone.

import { showLocalTimes } from "/assets/shared/local-times.js";

showLocalTimes();
