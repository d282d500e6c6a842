//! The rules of the window, one by one.

use super::*;

const SOURCE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 9));

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn attempt(number: u128) -> Attempt {
    let id = DeviceId(uuid::Uuid::from_u128(number));
    let code = Passcode::draw(8).unwrap();
    let ha1s = Ha1s::derive(&id.to_string(), "r", code.expose());
    Attempt { id, code, ha1s }
}

fn open(now: Instant) -> Window {
    let mut window = Window::default();
    window.open(now, seconds(300));
    window
}

fn begin(window: &mut Window, now: Instant, number: u128) -> Result<DeviceId, Refused> {
    let attempt = attempt(number);
    let id = attempt.id;
    window.begin(now, DeviceName::clean("a"), attempt).map(|()| id)
}

fn pending(window: &mut Window, now: Instant, number: u128) -> DeviceId {
    let id = begin(window, now, number).unwrap();
    assert!(window.show(now, id));
    id
}

#[test]
fn r1_it_is_closed_until_it_is_opened() {
    let mut window = Window::default();
    assert_eq!(window.closed_by(), Some(ClosedBy::Start));
    assert_eq!(begin(&mut window, Instant::now(), 1), Err(Refused::Closed));
}

#[test]
fn r1_it_closes_when_its_time_is_up_and_takes_the_pending_with_it() {
    let now = Instant::now();
    let mut window = open(now);
    let late = now + seconds(299);
    let id = pending(&mut window, late, 1);
    assert_eq!(window.shown().unwrap().until, now + seconds(300));
    window.tick(now + seconds(300));
    assert_eq!(window.closed_by(), Some(ClosedBy::Time));
    assert!(!window.is_pending(id) && window.shown().is_none());
}

#[test]
fn r1_it_closes_on_success_and_by_hand() {
    let now = Instant::now();
    let mut window = open(now);
    let id = pending(&mut window, now, 1);
    assert!(window.claim(id).is_some());
    window.settle(now, id, true);
    assert_eq!(window.closed_by(), Some(ClosedBy::Success));
    window.open(now, seconds(300));
    window.close(ClosedBy::Hand);
    assert_eq!(window.closed_by(), Some(ClosedBy::Hand));
}

#[test]
fn a_claim_is_had_once_and_a_failed_one_may_be_tried_again() {
    let now = Instant::now();
    let mut window = open(now);
    let id = pending(&mut window, now, 1);
    assert!(window.claim(id).is_some());
    assert!(window.claim(id).is_none());
    window.tick(now + seconds(200));
    assert!(window.is_pending(id), "it does not run out while it is being kept");
    window.settle(now, id, false);
    assert!(window.open_until().is_some() && window.claim(id).is_some());
}

#[test]
fn r3_three_may_be_pending_and_the_fourth_is_told_when_to_come() {
    let now = Instant::now();
    let mut window = open(now);
    for number in 1..=3 {
        begin(&mut window, now + seconds(10 * (3 - u64::try_from(number).unwrap())), number)
            .unwrap();
    }
    let refused = begin(&mut window, now + seconds(30), 4);
    assert_eq!(refused, Err(Refused::Full(seconds(90))));
    assert!(begin(&mut window, now + seconds(120), 4).is_ok());
}

#[test]
fn r3_an_unclaimed_uuid_lives_120_seconds() {
    let now = Instant::now();
    let mut window = open(now);
    let id = begin(&mut window, now, 1).unwrap();
    window.tick(now + seconds(119));
    assert!(window.is_pending(id));
    assert_eq!(window.deadline(), Some(now + seconds(120)));
    window.tick(now + seconds(120));
    assert!(!window.is_pending(id));
}

#[test]
fn r3_a_code_lives_120_seconds_from_when_it_is_shown_and_showing_it_again_adds_none() {
    let now = Instant::now();
    let mut window = open(now);
    let id = begin(&mut window, now, 1).unwrap();
    assert!(window.ha1s(id).is_none(), "a code that was not shown cannot be answered");
    assert!(window.show(now + seconds(100), id));
    assert!(window.show(now + seconds(150), id));
    assert_eq!(window.shown().unwrap().until, now + seconds(220));
    window.tick(now + seconds(220));
    assert!(!window.is_pending(id) && window.shown().is_none());
}

#[test]
fn r3_one_code_is_on_the_screen_the_latest() {
    let now = Instant::now();
    let mut window = open(now);
    let one = pending(&mut window, now, 1);
    let two = pending(&mut window, now, 2);
    assert_eq!(window.shown().unwrap().id, two);
    assert!(window.show(now, one));
    assert_eq!(window.shown().unwrap().id, one);
}

#[test]
fn r5_the_third_wrong_code_burns_a_uuid() {
    let now = Instant::now();
    let mut window = open(now);
    let id = pending(&mut window, now, 1);
    let fresh = DeviceId(uuid::Uuid::from_u128(2));
    for number in [2, 3] {
        assert_eq!(window.wrong(now, id, SOURCE, attempt(number)), Some(fresh));
        assert!(window.ha1s(id).is_some());
    }
    assert_eq!(window.wrong(now, id, SOURCE, attempt(4)), Some(fresh));
    assert!(!window.is_pending(id) && window.ha1s(id).is_none());
    assert!(window.is_pending(fresh) && window.shown().is_none());
}

#[test]
fn r5_showing_the_fresh_code_ends_the_old_one() {
    let now = Instant::now();
    let mut window = open(now);
    let id = pending(&mut window, now, 1);
    let fresh = window.wrong(now, id, SOURCE, attempt(2)).unwrap();
    assert!(window.show(now, fresh));
    assert!(!window.is_pending(id));
    assert_eq!(window.shown().unwrap().id, fresh);
}

#[test]
fn r5_ten_wrong_codes_of_all_devices_close_it_until_it_is_opened_again() {
    let now = Instant::now();
    let mut window = open(now);
    let mut id = pending(&mut window, now, 1);
    for number in 2..=10 {
        id = window.wrong(now, id, SOURCE, attempt(number)).unwrap();
        assert!(window.show(now, id));
    }
    assert_eq!(window.wrong(now, id, SOURCE, attempt(11)), None);
    assert_eq!(window.closed_by(), Some(ClosedBy::WrongCodes));
    assert_eq!(begin(&mut window, now, 12), Err(Refused::Closed));
    window.open(now, seconds(300));
    assert_eq!(window.turn(now, SOURCE), Turn::Now);
    let id = pending(&mut window, now, 13);
    assert!(window.wrong(now, id, SOURCE, attempt(14)).is_some());
}

#[test]
fn r5_a_source_waits_0_1_2_4_and_8_seconds_and_no_other_does() {
    let now = Instant::now();
    let mut window = open(now);
    let mut id = pending(&mut window, now, 1);
    let other = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 10));
    for (number, wait) in (2..).zip([0, 1, 2, 4, 8, 8]) {
        id = window.wrong(now, id, SOURCE, attempt(number)).unwrap();
        assert!(window.show(now, id));
        let expected = if wait == 0 { Turn::Now } else { Turn::After(seconds(wait)) };
        assert_eq!(window.turn(now, SOURCE), expected);
        assert_eq!(window.turn(now, other), Turn::Now);
        assert_eq!(window.turn(now + seconds(wait), SOURCE), Turn::Now);
    }
}

#[test]
fn r9_a_code_may_be_traded_for_10_minutes_after_its_pairing() {
    let now = Instant::now();
    let mut window = open(now);
    let id = pending(&mut window, now, 1);
    assert!(!window.may_trade(now, id));
    assert!(window.claim(id).is_some());
    window.settle(now, id, true);
    assert!(window.may_trade(now + seconds(599), id));
    assert!(!window.may_trade(now + seconds(600), id));
    assert!(!window.may_trade(now, DeviceId(uuid::Uuid::from_u128(2))));
}
