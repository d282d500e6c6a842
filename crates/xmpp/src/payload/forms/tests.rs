//! Forms are read as XEP-0004 writes them, and submissions held against them.

use proptest::prelude::*;

use super::*;
use crate::payload::{Payload as _, PayloadError};
use crate::{Condition, Element, StanzaError};

fn read(text: &str) -> Result<Form, PayloadError> {
    let text = format!("<x xmlns='jabber:x:data' {text}</x>");
    Form::read(&Element::parse(text.as_bytes()).unwrap())
}

fn survives(form: &Form) {
    let wire = form.to_element().to_xml();
    assert_eq!(Form::read(&Element::parse(wire.as_bytes()).unwrap()).as_ref(), Ok(form), "{wire}");
}

fn submit(fields: impl IntoIterator<Item = (&'static str, &'static [&'static str])>) -> Form {
    let answer = |form: Form, (var, values): (&str, &[&str])| {
        form.field(Field::answer(var, values.iter().copied()))
    };
    fields.into_iter().fold(Form::new(FormKind::Submit), answer)
}

/// What is wrong with one answer to one question.
fn problem(question: Field, values: &'static [&'static str]) -> Option<Problem> {
    let var = question.var.clone().unwrap();
    let answer = Form::new(FormKind::Submit).field(Field::answer(&var, values.iter().copied()));
    Form::asking("x").field(question).check(&answer).err().map(|error| error.problem)
}

#[test]
fn a_form_with_everything_survives_the_wire() {
    let validation = Validation::range(Datatype::Integer, Some("1"), None);
    let form = Form::asking("Bot <Config>")
        .instructions("one")
        .instructions("two")
        .form_type("jabber:bot")
        .field(Field::fixed("Section 1"))
        .field(Field::text("name").label("Name").description("of the bot").required())
        .field(Field::boolean("public", true))
        .field(Field::list("size").choice("Big", "b").choice("", "s").value("s"))
        .field(Field::text("number").validated(validation))
        .field(Field::text("word").validated(Validation::regex("[a-z]+")))
        .field(
            Field::new(FieldKind::ListMulti, "days")
                .validated(Validation::open(Datatype::Date).with_list_range(Some(1), Some(3))),
        )
        .field(Field::text("ocr").media(Media::picture(
            290,
            80,
            "image/jpeg",
            "https://b/ocr?F3&1",
        )));
    survives(&form);
    survives(&Form::new(FormKind::Cancel));
}

#[test]
fn a_table_has_a_cell_for_each_column() {
    let form = Form::telling("Bots")
        .column(Field::text("name").label("Name"))
        .column(Field::new(FieldKind::JidSingle, "jid"))
        .row(["Comic", "comic@b"])
        .row(["Nobody"]);
    assert_eq!(form.items[1], [Field::answer("name", ["Nobody"]), Field::answer("jid", [""])]);
    survives(&form);
}

#[test]
fn a_table_may_come_before_its_columns() {
    let form = read(
        "type='result'><item><field var='a'><value>1</value></field></item>\
         <reported><field var='a' type='text-single'/></reported>",
    );
    let form = form.unwrap();
    assert_eq!((form.reported.len(), form.items.len()), (1, 1));
}

#[test]
fn a_form_must_say_what_it_is_for() {
    assert_eq!(read(">"), Err(PayloadError::Missing("type")));
    assert_eq!(read("type='odd'>"), Err(PayloadError::Invalid("type")));
}

#[test]
fn an_option_has_one_value() {
    let option = |inside| {
        read(&format!(
            "type='form'><field var='a' type='list-single'><option>{inside}</option></field>"
        ))
    };
    assert_eq!(option(""), Err(PayloadError::Missing("value")));
    assert_eq!(option("<value>1</value><value>2</value>"), Err(PayloadError::Repeated("value")));
}

#[test]
fn a_field_of_an_unknown_kind_is_a_line_of_text() {
    let form = read("type='form'><field var='a' type='colour'/>").unwrap();
    assert_eq!(form.get("a").unwrap().kind, Some(FieldKind::TextSingle));
}

#[test]
fn what_a_form_is_about_counts_only_where_it_is_hidden_or_submitted() {
    let about = |kind, field| {
        let field = format!("<field var='FORM_TYPE' {field}><value>urn:x</value></field>");
        read(&format!("type='{kind}'>{field}")).unwrap().about().map(str::to_owned)
    };
    assert_eq!(about("form", "type='hidden'").as_deref(), Some("urn:x"));
    assert_eq!(about("result", "type='text-single'"), None);
    assert_eq!(about("form", ""), None);
    assert_eq!(about("submit", "").as_deref(), Some("urn:x"));
}

#[test]
fn answers_are_found_by_name() {
    let form = Form::asking("x")
        .form_type("urn:x")
        .field(Field::text("title").required())
        .field(Field::boolean("hd", false))
        .field(Field::new(FieldKind::JidMulti, "who"))
        .field(Field::new(FieldKind::TextMulti, "notes"))
        .field(Field::text("more"));
    let answers = form
        .check(&submit([
            ("title", &["Newsnight"][..]),
            ("hd", &["1"]),
            ("who", &["a@B", "a@b", "c@d/e"]),
            ("notes", &["one", "two"]),
            ("unknown", &["x"]),
        ]))
        .unwrap();
    assert_eq!(answers.text("title"), Some("Newsnight"));
    assert_eq!(answers.flag("hd"), Some(true));
    assert_eq!(answers.jids("who").len(), 2);
    assert_eq!(answers.lines("notes").as_deref(), Some("one\ntwo"));
    assert!(!answers.has("more") && !answers.has("unknown"));
}

#[test]
fn an_empty_field_is_told_from_one_left_out() {
    let form = Form::asking("x").field(Field::text("a")).field(Field::text("b"));
    for values in [&[][..], &[""][..]] {
        let answers = form.check(&submit([("a", values)])).unwrap();
        assert!(answers.has("a") && !answers.has("b"));
        assert_eq!(answers.text("a"), None);
    }
}

#[test]
fn a_required_field_must_be_filled_in() {
    let question = || Field::text("a").label("Title").required();
    assert_eq!(problem(question(), &[]), Some(Problem::Missing));
    assert_eq!(problem(question(), &[""]), Some(Problem::Missing));
    let error = Form::asking("x").field(question()).check(&submit([])).unwrap_err();
    let error = StanzaError::from(error);
    assert_eq!(error.condition, Condition::NotAcceptable);
    assert_eq!(error.text.as_deref(), Some("the field \"Title\" must be filled in"));
}

#[test]
fn a_field_takes_as_many_values_as_its_kind_allows() {
    assert_eq!(problem(Field::text("a"), &["1", "2"]), Some(Problem::Repeated));
    assert_eq!(problem(Field::new(FieldKind::TextMulti, "a"), &["1", "2"]), None);
    let twice = submit([("a", &["1"][..]), ("a", &["2"][..])]);
    let error = Form::asking("x").field(Field::text("a")).check(&twice).unwrap_err();
    assert_eq!(error.problem, Problem::Repeated);
}

#[test]
fn a_list_takes_its_choices_only_unless_it_is_open() {
    let list = || Field::list("a").choice("One", "1").choice("Two", "2");
    assert_eq!(problem(list(), &["2"]), None);
    assert_eq!(problem(list(), &["3"]), Some(Problem::NoChoice));
    assert_eq!(
        problem(list().validated(Validation::basic(Datatype::Int)), &["3"]),
        Some(Problem::NoChoice)
    );
    assert_eq!(problem(list().validated(Validation::open(Datatype::Int)), &["3"]), None);
    assert_eq!(
        problem(list().validated(Validation::open(Datatype::Int)), &["x"]),
        Some(Problem::Invalid)
    );
}

#[test]
fn a_list_of_many_has_a_least_and_a_most() {
    let list = || {
        let list = Field::new(FieldKind::ListMulti, "a").choice("", "1").choice("", "2");
        list.validated(Validation::basic(Datatype::String).with_list_range(Some(1), Some(1)))
    };
    assert_eq!(problem(list(), &["1"]), None);
    assert_eq!(problem(list(), &["1", "2"]), Some(Problem::Count));
    assert_eq!(problem(list(), &[]), Some(Problem::Count));
}

#[test]
fn yes_no_and_addresses_are_checked() {
    assert_eq!(problem(Field::boolean("a", true), &["yes"]), Some(Problem::Invalid));
    assert_eq!(problem(Field::new(FieldKind::JidSingle, "a"), &["a@b"]), None);
    assert_eq!(problem(Field::new(FieldKind::JidSingle, "a"), &["@"]), Some(Problem::Invalid));
}

#[test]
fn a_submission_is_of_the_right_form_and_kind() {
    let form = Form::asking("x").form_type("urn:x").field(Field::text("a"));
    let check = |submitted: Form| form.check(&submitted).err().map(|error| error.problem);
    assert_eq!(check(Form::new(FormKind::Cancel)), Some(Problem::NotSubmitted));
    assert_eq!(check(submit([("FORM_TYPE", &["urn:y"][..])])), Some(Problem::AboutSomethingElse));
    assert_eq!(check(submit([("FORM_TYPE", &["urn:x"][..])])), None);
    assert_eq!(check(submit([])), None);
}

#[test]
fn a_submission_is_bounded() {
    let many = (0..300).fold(Form::new(FormKind::Submit), |form, number| {
        form.field(Field::answer(&number.to_string(), ["x"]))
    });
    assert_eq!(Form::asking("x").check(&many).unwrap_err().problem, Problem::TooMuch);
    let values = Form::new(FormKind::Submit).field(Field::answer("a", vec!["x"; 2000]));
    let form = Form::asking("x").field(Field::new(FieldKind::TextMulti, "a"));
    assert_eq!(form.check(&values).unwrap_err().problem, Problem::TooMuch);
}

#[test]
fn each_datatype_knows_its_values() {
    for (name, good, bad) in [
        ("xs:boolean", &["true", "0"][..], &["yes", ""][..]),
        ("xs:anyURI", &["http://b/", "x"], &["", "a b"]),
        ("xs:language", &["en", "de-AT", "i-klingon"], &["", "1", "waytoolong1", "en-"]),
        ("xs:date", &["2026-02-28", "2026-02-28Z", "2026-02-28+01:00"], &["2026-02-30", "today"]),
        ("xs:time", &["13:20:00", "13:20:00.5-05:00"], &["25:00:00", "13", "13:20"]),
        (
            "xs:dateTime",
            &["2003-10-06T11:22:00-07:00", "2003-10-06T11:22:00Z", "2003-10-06T11:22:00"],
            &["2003-10-06", "2003-10-06 11:22:00Z", "x"],
        ),
        ("xs:decimal", &["-1.50", "+3", ".5"], &["", ".", "1e3", "1.2.3"]),
        ("xs:integer", &["123456789012345678901234567890", "-0"], &["1.0", "x", ""]),
        ("xs:double", &["1e3", "-.5", "INF"], &["infinity", "x", ""]),
        ("xs:byte", &["127", "-128"], &["128", "x"]),
        ("xs:short", &["32767"], &["32768"]),
        ("xs:int", &["-2147483648"], &["2147483648"]),
        ("xs:long", &["9223372036854775807"], &["9223372036854775808"]),
        ("x:colour", &["anything"], &[]),
    ] {
        let datatype = Datatype::parse(name);
        assert_eq!(datatype.as_str(), name);
        for value in good {
            assert!(datatype.admits(value), "{value:?} is {name}");
        }
        for value in bad {
            assert!(!datatype.admits(value), "{value:?} is not {name}");
        }
    }
}

#[test]
fn a_range_holds_its_ends() {
    let admits = |datatype, min, max, value| Validation::range(datatype, min, max).admits(value);
    assert!(admits(Datatype::Int, Some("1"), Some("5"), "5"));
    assert!(!admits(Datatype::Int, Some("1"), Some("5"), "6"));
    assert!(!admits(Datatype::Integer, Some("-9"), None, "-10"));
    assert!(admits(Datatype::Decimal, None, Some("1.50"), "1.5"));
    let instant = "2003-10-24T23:59:59-07:00";
    assert!(admits(Datatype::DateTime, None, Some(instant), "2003-10-25T06:59:59Z"));
    assert!(!admits(Datatype::DateTime, None, Some(instant), "2003-10-25T07:00:00Z"));
    assert!(admits(Datatype::String, Some("5"), None, "1"), "texts have no range");
}

#[test]
fn a_pattern_fits_the_whole_value() {
    let number = Validation::regex("([0-9]{3})-([0-9]{2})-([0-9]{4})");
    assert!(number.admits("123-12-1234"));
    assert!(!number.admits("a123-12-1234"));
    assert!(Validation::regex("a|b").admits("b"));
    assert!(Validation::regex("(").admits("x"), "a pattern that is none is passed over");
    assert!(Validation::regex("(((a{99}){99}){99}){99}").admits("x"), "and so is one too large");
}

#[test]
fn a_method_nobody_knows_is_basic() {
    let text = "<validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:int'>\
                <magic/></validate>";
    let read = Validation::read(&Element::parse(text.as_bytes()).unwrap());
    assert_eq!(read, Ok(Validation::basic(Datatype::Int)));
}

proptest! {
    #[test]
    fn no_value_of_any_datatype_panics(name in "xs:[a-zA-Z]{1,8}", one in ".{0,40}", other in "[-+0-9.:TZ]{0,30}") {
        for datatype in [Datatype::parse(&name), Datatype::Date, Datatype::Time, Datatype::DateTime,
            Datatype::Decimal, Datatype::Double, Datatype::Language] {
            for value in [&one, &other] {
                let _ = datatype.admits(value);
                let _ = datatype.compare(value, &other);
            }
        }
    }

    #[test]
    fn order_of_decimals_is_that_of_their_numbers(one in -10_000_i64..10_000, other in -10_000_i64..10_000) {
        let text = |number: i64| format!("{}{}.{:02}", if number < 0 { "-" } else { "" }, number.abs() / 100, number.abs() % 100);
        let found = Datatype::Decimal.compare(&text(one), &text(other));
        prop_assert_eq!(found, Some(one.cmp(&other)));
    }
}
