//! RFC 6120, RFC 6121 and the extensions as conversations: each file in `conversations` is a test.

#[cfg(test)]
macro_rules! conversations {
    ($($name:ident)+) => {
        const LISTED: &[&str] = &[$(stringify!($name)),+];
        $(
            #[tokio::test]
            async fn $name() {
                let text = include_str!(concat!("conversations/", stringify!($name), ".txt"));
                if let Err(error) = televisor_testkit::run(text).await {
                    panic!("conversations/{}.txt: {error:#}", stringify!($name));
                }
            }
        )+
    };
}

#[cfg(test)]
conversations! {
    bind_comes_before_any_stanza
    bind_conflict_ends_the_older_session
    bind_without_a_resource_gets_one
    chat_spares_the_negative_priority
    chat_to_a_full_address
    chat_to_a_resource_that_is_gone
    chat_to_the_bare_address
    from_is_stamped_by_the_server
    from_of_another_ends_the_stream
    iq_get_without_a_child
    iq_of_an_unknown_namespace
    iq_of_an_unknown_type
    iq_result_is_never_answered
    iq_set_with_two_children
    iq_to_a_resource_is_passed_on
    iq_to_a_resource_that_is_gone
    message_to_an_unknown_user
    message_to_another_domain
}

#[test]
fn every_file_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conversations");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(LISTED.contains(&name), "{name} is not listed");
    }
}
