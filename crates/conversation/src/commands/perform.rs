//! Which command an intent is.

use crate::answer::Reply;
use crate::intent::Intent;
use crate::memory::Question;

use super::{
    Turn, accounts, cancel, choose, devices, forget, later, padding, pairing, passerby, record,
    recordings, refusal, search, small_talk, space, status, timers, undo, whats_on,
};

/// Does what an intent says and answers it.
pub(crate) async fn perform(turn: &mut Turn<'_>, intent: Intent) -> Reply {
    if turn.actor.is_passerby() {
        return passerby::perform(turn, intent).await;
    }
    keep_question(turn, &intent);
    let done = match intent {
        Intent::WhatsOn(ask) => whats_on::answer(turn, ask).await,
        Intent::Search(ask) => search::answer(turn, ask).await,
        Intent::More => Ok(whats_on::more(turn)),
        Intent::Record(wishes) => record::all(turn, wishes).await,
        Intent::Cancel(wish) => cancel::answer(turn, wish).await,
        Intent::Undo => undo::answer(turn).await,
        Intent::Yes => choose::yes(turn).await,
        Intent::No => choose::no(turn).await,
        Intent::Pick(number) => choose::pick(turn, number).await,
        Intent::PickTime(when) => choose::pick_time(turn, when).await,
        Intent::Instead(wish) => record::instead(turn, wish).await,
        Intent::Pad { before, after } => padding::answer(turn, before, after).await,
        Intent::Running => Ok(timers::running(turn)),
        Intent::Timers => Ok(timers::coming(turn)),
        Intent::Recordings(ask) => Ok(recordings::answer(turn, ask)),
        Intent::DidYouGet(ask) => Ok(recordings::did_you_get(turn, &ask)),
        Intent::Space => Ok(space::answer(turn)),
        Intent::Help(topic) => Ok(small_talk::help(&topic)),
        Intent::Hello => Ok(small_talk::hello(turn)),
        Intent::Thanks => Ok(small_talk::thanks()),
        Intent::Status => Ok(status::answer(turn).await),
        Intent::Pair => pairing::answer(turn).await,
        Intent::Devices => Ok(devices::answer(turn)),
        Intent::Forget(name) => forget::answer(turn, &name),
        Intent::Invite(account) => accounts::invite(turn, &account).await,
        Intent::InviteLink => accounts::invite_link(turn),
        Intent::Allow(account, role) => accounts::allow(turn, &account, role).await,
        Intent::Revoke(account) => accounts::revoke(turn, &account).await,
        Intent::Accounts => Ok(accounts::list(turn)),
        Intent::Reachable => Ok(accounts::reachable(turn)),
        Intent::NotYet(missing) => Ok(later::answer(missing)),
        Intent::Secret => Ok(small_talk::secret()),
        Intent::BadTime(why) => {
            Ok(Reply::line(format!("{why}. Times are said like 9pm, 18:30, half 8 or 9 to 10.")))
        }
        Intent::Unknown(said) => Ok(small_talk::unknown(&said)),
    };
    done.unwrap_or_else(|error| refusal::words(&error, turn.actor))
}

/// Whatever is no answer drops the question that was open; one that asks for words keeps it.
fn keep_question(turn: &mut Turn<'_>, intent: &Intent) {
    let answers = matches!(
        intent,
        Intent::Yes
            | Intent::No
            | Intent::Pick(_)
            | Intent::PickTime(_)
            | Intent::Undo
            | Intent::More
            | Intent::Unknown(_)
            | Intent::BadTime(_)
            | Intent::Thanks
    );
    let narrows = matches!(turn.state.asked(turn.at()), Some(Question::Record))
        && matches!(intent, Intent::Instead(_));
    if !answers && !narrows {
        turn.state.take_question(turn.at());
    }
}
