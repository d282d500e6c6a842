//! A stream between servers on which something may pass, whoever opened it: the loop that reads,
//! writes and watches the clock, in one task.
//!
//! | module | holds |
//! | --- | --- |
//! | `running` | the stream, its loop, its deadlines |
//! | `ending` | its last words, and what becomes of what did not arrive |
//! | `receiving` | what becomes of each element that arrives |
//! | `authorising` | dialback on it: keys and questions |
//! | `managing` | XEP-0198 on it |
//! | `carrying` | taking from queues, and writing |
//! | `output` | bytes that wait to be written |

mod authorising;
mod carrying;
mod ending;
mod managing;
mod output;
mod receiving;
mod running;

pub(super) use authorising::Vouched;
pub(super) use running::Stream;
