// All behaviours in one process, one after the other: some of them kill the broker.

import './connection.test.mjs';
import './messages.test.mjs';
import './routing.test.mjs';
