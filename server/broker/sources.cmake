# varve_definitions: how the catalogue's entries are encoded; the tools read them too.
add_library(varve_definitions STATIC
    broker/account_definitions.cc
    broker/definitions.cc
    broker/policy_definition.cc)
target_link_libraries(varve_definitions PRIVATE varve_flags PUBLIC varve_message varve::engine varve_asio)

# varve_broker: meaning, without wire formats: vhosts, exchanges, queues, routing, delivery.
add_library(varve_broker STATIC
    broker/account_book.cc
    broker/administration.cc
    broker/argument_check.cc
    broker/backlog_weight.cc
    broker/binding.cc
    broker/broker.cc
    broker/broker_consume.cc
    broker/broker_cursors.cc
    broker/broker_parts.cc
    broker/broker_rights.cc
    broker/broker_shard.cc
    broker/commit_buffer.cc
    broker/consumer.cc
    broker/consumer_list.cc
    broker/dead_letter.cc
    broker/delay.cc
    broker/durable_lane.cc
    broker/exchange.cc
    broker/exchange_spec.cc
    broker/exchanges/consistent_hash.cc
    broker/exchanges/delayed.cc
    broker/exchanges/direct.cc
    broker/exchanges/exchange_type.cc
    broker/exchanges/fanout.cc
    broker/exchanges/headers.cc
    broker/exchanges/headers_match.cc
    broker/exchanges/message_history.cc
    broker/exchanges/modulus_hash.cc
    broker/exchanges/random.cc
    broker/exchanges/recent_history.cc
    broker/exchanges/topic.cc
    broker/exchanges/topic_tree.cc
    broker/exchanges/weighted_choice.cc
    broker/flow.cc
    broker/handover.cc
    broker/interval_set.cc
    broker/inventory.cc
    broker/ledger.cc
    broker/log_window.cc
    broker/login_rules.cc
    broker/message_facts.cc
    broker/named_cursor.cc
    broker/policies.cc
    broker/policy.cc
    broker/policy_book.cc
    broker/priority_level.cc
    broker/publishing_ids.cc
    broker/queue.cc
    broker/queue_arguments.cc
    broker/queue_consumers.cc
    broker/queue_delivery.cc
    broker/queue_limits.cc
    broker/queue_moves.cc
    broker/queue_name.cc
    broker/queue_readers.cc
    broker/queue_spec.cc
    broker/queue_table.cc
    broker/reader_filter.cc
    broker/reader_pool.cc
    broker/reader_start.cc
    broker/ready_bytes.cc
    broker/redeclaration.cc
    broker/registrar.cc
    broker/registrar_cursor.cc
    broker/registrar_queue.cc
    broker/registrar_vhost.cc
    broker/rejected_records.cc
    broker/sender_routes.cc
    broker/session_limits.cc
    broker/session_rights.cc
    broker/topology.cc
    broker/topology_recovery.cc
    broker/topology_steps.cc
    broker/transient_lane.cc)
target_link_libraries(varve_broker
    PRIVATE varve_flags
    PUBLIC varve_async varve_auth varve_definitions varve_message varve::engine)
# GCC 12 takes a coroutine's frame, which Asio allocates and frees in one pair of functions, for a mismatch when it
# inlines only one of them.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set_source_files_properties(
        broker/account_book.cc broker/administration.cc broker/policies.cc broker/registrar.cc broker/registrar_cursor.cc broker/registrar_queue.cc broker/registrar_vhost.cc broker/session_limits.cc
        PROPERTIES COMPILE_OPTIONS -Wno-mismatched-new-delete)
endif()
