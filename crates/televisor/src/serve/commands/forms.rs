//! What verbs ask.

use televisor_model::{ContactState, Timer};
use televisor_xmpp::payload::forms::{Datatype, Field, FieldKind, Form, Validation};

use super::verb::House;

/// Choices of one list: more than a remote control has numbers worth knowing.
const CHOICES: usize = 200;

type Asked = Result<Form, &'static str>;

/// A channel and a time, both optional.
pub(super) fn place_and_time(house: &House, form: Form) -> Asked {
    Ok(form.field(channel(house)).field(when()))
}

/// A title.
pub(super) fn title(_: &House, form: Form) -> Asked {
    Ok(form.field(Field::text("title").label("Title").required()))
}

/// A programme: its title, and where and when if that needs to be said.
pub(super) fn programme(house: &House, form: Form) -> Asked {
    title(house, form).map(|form| form.field(channel(house)).field(when()))
}

/// A stretch of time on a channel.
pub(super) fn span(house: &House, form: Form) -> Asked {
    let time = |var| Field::text(var).required().description("such as 9pm, 18:30 or half 8");
    let day = Field::text("day").label("Day").description("such as tomorrow or saturday");
    Ok(form
        .field(channel(house).required())
        .field(day)
        .field(time("from").label("From"))
        .field(time("to").label("To")))
}

/// One of the timers whose time has not passed.
pub(super) fn timer(house: &House, form: Form) -> Asked {
    let timers = house.receiver.timers();
    let mut field = Field::list("timer").label("Programme").required();
    for timer in timers.iter().filter(|timer| timer.state.is_open()).take(CHOICES) {
        field = field.choice(&timer_label(house, timer), &timer.id.to_string());
    }
    some(form, field, "Nothing is going to be recorded.")
}

/// One of the devices.
pub(super) fn device(house: &House, form: Form) -> Asked {
    let mut field = Field::list("device").label("Device").required();
    for device in house.receiver.devices().iter().take(CHOICES) {
        field = field.choice(&device.name, &device.id.to_string());
    }
    some(form, field, "No device is paired.")
}

/// Somebody's own account.
pub(super) fn address(_: &House, form: Form) -> Asked {
    let field = Field::new(FieldKind::JidSingle, "account").label("Address").required();
    Ok(form.field(field.description("such as joe@example.org")))
}

/// One of the accounts that have accepted, and what it may do.
pub(super) fn accepted(house: &House, form: Form) -> Asked {
    let mut field = Field::list("account").label("Account").required();
    let contacts = house.receiver.contacts();
    let may = |state| matches!(state, ContactState::Accepted | ContactState::Allowed);
    for contact in contacts.iter().filter(|contact| may(contact.state)).take(CHOICES) {
        field = field.choice("", &contact.jid);
    }
    let role = Field::list("role").label("Role").value("member");
    let role = role.choice("Guest", "guest").choice("Member", "member").choice("Owner", "owner");
    some(form, field, "Nobody waits to be let in.").map(|form| form.field(role))
}

/// One of the accounts that are known.
pub(super) fn known(house: &House, form: Form) -> Asked {
    let mut field = Field::list("account").label("Account").required();
    for contact in house.receiver.contacts().iter().take(CHOICES) {
        field = field.choice("", &contact.jid);
    }
    some(form, field, "Nobody's own account is known.")
}

fn some(form: Form, field: Field, otherwise: &'static str) -> Asked {
    if field.choices.is_empty() { Err(otherwise) } else { Ok(form.field(field)) }
}

/// A channel of the line-up, or as people say it.
fn channel(house: &House) -> Field {
    let field = Field::list("channel").label("Channel");
    let channels = house.receiver.channels();
    let choices = channels.iter().take(CHOICES);
    let field = choices.fold(field, |field, channel| field.choice("", &channel.name));
    field.validated(Validation::open(Datatype::String))
}

fn when() -> Field {
    Field::text("when").label("When").description("such as tonight, tomorrow 9pm or saturday")
}

fn timer_label(house: &House, timer: &Timer) -> String {
    let channel = house.receiver.channel(&timer.channel);
    let channel = channel.map_or_else(|| timer.channel.0.clone(), |channel| channel.name);
    let when = super::lists::moment(house, timer.start);
    format!("{}, {when}, {channel}", timer.programme.title)
}
