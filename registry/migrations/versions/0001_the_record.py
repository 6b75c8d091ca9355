"""the record"""

import sqlalchemy as sa
from alembic import op

import registry.models.base
from registry.migrations.guards import GUARDS_0001, create_guards

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('act', sa.String(length=60), nullable=False),
    sa.Column('subject', sa.String(length=60), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('previous_hash', sa.String(length=64), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_events')),
    sa.UniqueConstraint('hash', name=op.f('uq_audit_events_hash')),
    sa.UniqueConstraint('previous_hash', name=op.f('uq_audit_events_previous_hash'))
    )
    op.create_index(op.f('ix_audit_events_subject'), 'audit_events', ['subject'], unique=False)
    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('opened_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('closed_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('closing_reason', sa.String(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('topic', sa.String(length=40), nullable=False),
    sa.Column('department', sa.String(length=40), nullable=False),
    sa.Column('petitioner_name', sa.String(), nullable=False),
    sa.Column('petitioner_address', sa.String(), nullable=False),
    sa.Column('petitioner_email', sa.String(), nullable=False),
    sa.Column('term_id', sa.String(), nullable=False),
    sa.Column('registered_on', sa.Date(), nullable=False),
    sa.Column('strict_on', sa.Date(), nullable=True),
    sa.Column('target_on', sa.Date(), nullable=True),
    sa.Column('legal_on', sa.Date(), nullable=True),
    sa.Column('explanation', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases'))
    )
    op.create_index(op.f('ix_cases_department'), 'cases', ['department'], unique=False)
    op.create_index(op.f('ix_cases_status'), 'cases', ['status'], unique=False)
    op.create_index(op.f('ix_cases_target_on'), 'cases', ['target_on'], unique=False)
    op.create_table('executors',
    sa.Column('id', sa.String(length=120), nullable=False),
    sa.Column('beat_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('pid', sa.Integer(), nullable=False),
    sa.Column('started_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_executors'))
    )
    op.create_table('mailbox_states',
    sa.Column('account', sa.String(length=60), nullable=False),
    sa.Column('folder', sa.String(length=200), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=True),
    sa.Column('on_server', sa.Integer(), nullable=False),
    sa.Column('last_success_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('last_attempt_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('consecutive_failures', sa.Integer(), nullable=False),
    sa.Column('problem', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('account', 'folder', name=op.f('pk_mailbox_states'))
    )
    op.create_table('raw_files',
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('stored_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('sha256', name=op.f('pk_raw_files'))
    )
    op.create_table('register_counters',
    sa.Column('series', sa.String(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('series', 'year', name=op.f('pk_register_counters'))
    )
    op.create_table('register_entries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=3), nullable=False),
    sa.Column('registered_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('correspondent', sa.String(), nullable=False),
    sa.Column('correspondent_number', sa.String(), nullable=False),
    sa.Column('correspondent_date', sa.Date(), nullable=True),
    sa.Column('sheets', sa.Integer(), nullable=True),
    sa.Column('annexes', sa.Integer(), nullable=False),
    sa.Column('summary', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('addressee', sa.String(), nullable=False),
    sa.Column('dispatched_on', sa.Date(), nullable=True),
    sa.Column('resolution', sa.String(), nullable=False),
    sa.Column('joined_to_id', sa.Integer(), nullable=True),
    sa.Column('file_code', sa.String(), nullable=False),
    sa.Column('cancelled_reason', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['joined_to_id'], ['register_entries.id'], name=op.f('fk_register_entries_joined_to_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_register_entries')),
    sa.UniqueConstraint('series', 'year', 'number', name=op.f('uq_register_entries_series_year_number'))
    )
    op.create_index(op.f('ix_register_entries_registered_at'), 'register_entries', ['registered_at'], unique=False)
    op.create_table('switches',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('on', sa.Boolean(), nullable=False),
    sa.Column('changed_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('changed_by', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_switches'))
    )
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sa.String(length=60), nullable=False),
    sa.Column('full_name', sa.String(length=120), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('failed_attempts', sa.Integer(), nullable=False),
    sa.Column('locked_until', registry.models.base.Moment(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('username', name=op.f('uq_users_username'))
    )
    op.create_table('letters',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('raw_sha256', sa.String(length=64), nullable=False),
    sa.Column('original_name', sa.String(), nullable=False),
    sa.Column('received_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('registered_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('problem', sa.String(), nullable=False),
    sa.Column('remarks', sa.JSON(), nullable=False),
    sa.Column('processing_round', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('sender_name', sa.String(), nullable=False),
    sa.Column('sender_address', sa.String(), nullable=False),
    sa.Column('reply_address', sa.String(), nullable=False),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('references', sa.JSON(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('html', sa.String(), nullable=False),
    sa.Column('own_text_spans', sa.JSON(), nullable=False),
    sa.Column('machine_kind', sa.String(length=20), nullable=False),
    sa.Column('machine_rule', sa.String(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_letters_case_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['register_entries.id'], name=op.f('fk_letters_entry_id')),
    sa.ForeignKeyConstraint(['raw_sha256'], ['raw_files.sha256'], name=op.f('fk_letters_raw_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letters')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_letters_entry_id')),
    sa.UniqueConstraint('raw_sha256', name=op.f('uq_letters_raw_sha256'))
    )
    op.create_index(op.f('ix_letters_case_id'), 'letters', ['case_id'], unique=False)
    op.create_index(op.f('ix_letters_machine_kind'), 'letters', ['machine_kind'], unique=False)
    op.create_index(op.f('ix_letters_message_id'), 'letters', ['message_id'], unique=False)
    op.create_index(op.f('ix_letters_registered_at'), 'letters', ['registered_at'], unique=False)
    op.create_index(op.f('ix_letters_sender_address'), 'letters', ['sender_address'], unique=False)
    op.create_index(op.f('ix_letters_status'), 'letters', ['status'], unique=False)
    op.create_table('login_sessions',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('csrf_token', sa.String(length=64), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('expires_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_login_sessions_user_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_login_sessions'))
    )
    op.create_index(op.f('ix_login_sessions_expires_at'), 'login_sessions', ['expires_at'], unique=False)
    op.create_index(op.f('ix_login_sessions_user_id'), 'login_sessions', ['user_id'], unique=False)
    op.create_table('decisions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('made_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('model_version', sa.String(), nullable=False),
    sa.Column('topic', sa.String(length=40), nullable=False),
    sa.Column('second_topic', sa.String(), nullable=False),
    sa.Column('department', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('abstained', sa.Boolean(), nullable=False),
    sa.Column('abstain_reason', sa.String(), nullable=False),
    sa.Column('probabilities', sa.JSON(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('replaces_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_decisions_letter_id')),
    sa.ForeignKeyConstraint(['replaces_id'], ['decisions.id'], name=op.f('fk_decisions_replaces_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_decisions_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions'))
    )
    op.create_index(op.f('ix_decisions_letter_id'), 'decisions', ['letter_id'], unique=False)
    op.create_index(op.f('ix_decisions_made_at'), 'decisions', ['made_at'], unique=False)
    op.create_index(op.f('ix_decisions_topic'), 'decisions', ['topic'], unique=False)
    op.create_table('facts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('end', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_facts_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_facts'))
    )
    op.create_index(op.f('ix_facts_letter_id'), 'facts', ['letter_id'], unique=False)
    op.create_table('ledger',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=12), nullable=False),
    sa.Column('place', sa.String(length=300), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.Column('outcome', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('letter_id', sa.Integer(), nullable=True),
    sa.Column('first_seen_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('last_seen_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('problem', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_ledger_letter_id')),
    sa.ForeignKeyConstraint(['sha256'], ['raw_files.sha256'], name=op.f('fk_ledger_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger')),
    sa.UniqueConstraint('source', 'place', 'key', name=op.f('uq_ledger_source_place_key'))
    )
    op.create_index(op.f('ix_ledger_letter_id'), 'ledger', ['letter_id'], unique=False)
    op.create_index(op.f('ix_ledger_outcome'), 'ledger', ['outcome'], unique=False)
    op.create_table('letter_parts',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('path_in_mail', sa.String(), nullable=False),
    sa.Column('file_name', sa.String(), nullable=False),
    sa.Column('declared_type', sa.String(), nullable=False),
    sa.Column('found_type', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content_id', sa.String(), nullable=False),
    sa.Column('inline', sa.Boolean(), nullable=False),
    sa.Column('nested', sa.Boolean(), nullable=False),
    sa.Column('problem', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_letter_parts_letter_id')),
    sa.ForeignKeyConstraint(['sha256'], ['raw_files.sha256'], name=op.f('fk_letter_parts_sha256')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_parts'))
    )
    op.create_index(op.f('ix_letter_parts_letter_id'), 'letter_parts', ['letter_id'], unique=False)
    op.create_table('replies',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('recipient_name', sa.String(), nullable=False),
    sa.Column('recipient_email', sa.String(), nullable=False),
    sa.Column('recipient_address', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('sources', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('edited_by_id', sa.Integer(), nullable=True),
    sa.Column('submitted_by_id', sa.Integer(), nullable=True),
    sa.Column('submitted_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('return_reason', sa.String(), nullable=False),
    sa.Column('approved_hash', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_replies_case_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_replies_decided_by_id')),
    sa.ForeignKeyConstraint(['edited_by_id'], ['users.id'], name=op.f('fk_replies_edited_by_id')),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_replies_letter_id')),
    sa.ForeignKeyConstraint(['submitted_by_id'], ['users.id'], name=op.f('fk_replies_submitted_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_replies'))
    )
    op.create_index(op.f('ix_replies_case_id'), 'replies', ['case_id'], unique=False)
    op.create_index(op.f('ix_replies_letter_id'), 'replies', ['letter_id'], unique=False)
    op.create_index(op.f('ix_replies_status'), 'replies', ['status'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reply_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('finished_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('document_sha256', sa.String(length=64), nullable=True),
    sa.Column('problem', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['document_sha256'], ['raw_files.sha256'], name=op.f('fk_outbox_document_sha256')),
    sa.ForeignKeyConstraint(['reply_id'], ['replies.id'], name=op.f('fk_outbox_reply_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('message_id', name=op.f('uq_outbox_message_id')),
    sa.UniqueConstraint('reply_id', name=op.f('uq_outbox_reply_id'))
    )
    op.create_index(op.f('ix_outbox_state'), 'outbox', ['state'], unique=False)
    op.create_table('pages',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('part_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('raw_text', sa.String(), nullable=False),
    sa.Column('source', sa.String(length=12), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('mean_confidence', sa.Float(), nullable=True),
    sa.Column('low_share', sa.Float(), nullable=True),
    sa.Column('coverage', sa.Float(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('angle', sa.Float(), nullable=False),
    sa.Column('dpi', sa.Integer(), nullable=True),
    sa.Column('needs_human', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('image_sha256', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['image_sha256'], ['raw_files.sha256'], name=op.f('fk_pages_image_sha256')),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_pages_letter_id')),
    sa.ForeignKeyConstraint(['part_id'], ['letter_parts.id'], name=op.f('fk_pages_part_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pages'))
    )
    op.create_index(op.f('ix_pages_letter_id'), 'pages', ['letter_id'], unique=False)
    op.create_table('reply_versions',
    sa.Column('reply_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('saved_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['reply_id'], ['replies.id'], name=op.f('fk_reply_versions_reply_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_reply_versions_user_id')),
    sa.PrimaryKeyConstraint('reply_id', 'version', name=op.f('pk_reply_versions'))
    )
    create_guards(op.get_bind(), GUARDS_0001)
