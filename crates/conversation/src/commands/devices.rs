//! Who is paired, and who is connected.

use super::turn::Turn;
use crate::answer::Reply;
use crate::memory::Item;
use crate::time::day_name;

/// Answers it.
pub(super) fn answer(turn: &mut Turn<'_>) -> Reply {
    let connected = turn.controls.connected();
    let mut devices = turn.receiver.devices();
    devices.sort_by_key(|device| (!connected.contains(&device.id), device.paired_at));
    if devices.is_empty() {
        return Reply::line("No device is paired yet. PAIR A DEVICE lets one in.");
    }
    let zone = turn.now.time_zone().clone();
    let lines = devices.iter().enumerate().map(|(n, device)| {
        let state = match device.last_seen {
            _ if connected.contains(&device.id) => "connected".to_owned(),
            Some(seen) => {
                let seen = seen.to_zoned(zone.clone());
                format!("last seen {} {}", day_name(&seen, &turn.now), seen.strftime("%H:%M"))
            }
            None => "never connected".to_owned(),
        };
        format!("{} \"{}\", {}, {state}", n + 1, device.name, device.role)
    });
    let lines = lines.collect();
    let here = devices.iter().filter(|device| connected.contains(&device.id)).count();
    turn.state.list(devices.iter().map(|device| Item::Device(device.id)).collect(), turn.at());
    Reply::list(format!("{} devices are paired, {here} connected:", devices.len()), lines)
}
