"""mail in depth"""

import sqlalchemy as sa
from alembic import op

import registry.models.base
from registry.migrations.guards import GUARDS_0002, create_guards

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('oauth_tokens',
    sa.Column('account', sa.String(length=60), nullable=False),
    sa.Column('refresh_token', sa.String(), nullable=False),
    sa.Column('obtained_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('expires_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('rotations', sa.Integer(), nullable=False),
    sa.Column('lease_until', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('problem', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('account', name=op.f('pk_oauth_tokens'))
    )
    op.create_table('balance_differences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=60), nullable=False),
    sa.Column('folder', sa.String(length=200), nullable=False),
    sa.Column('uid', sa.BigInteger(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('sender', sa.String(), nullable=False),
    sa.Column('arrived_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('found_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account', 'folder'], ['mailbox_states.account', 'mailbox_states.folder'], name=op.f('fk_balance_differences_account_folder')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_balance_differences'))
    )
    op.create_index(op.f('ix_balance_differences_account'), 'balance_differences', ['account'], unique=False)
    op.create_table('join_proposals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('decided_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_join_proposals_case_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['users.id'], name=op.f('fk_join_proposals_decided_by_id')),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_join_proposals_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_proposals')),
    sa.UniqueConstraint('letter_id', 'case_id', name=op.f('uq_join_proposals_letter_id_case_id'))
    )
    op.create_index(op.f('ix_join_proposals_case_id'), 'join_proposals', ['case_id'], unique=False)
    op.create_index(op.f('ix_join_proposals_letter_id'), 'join_proposals', ['letter_id'], unique=False)
    op.create_index(op.f('ix_join_proposals_state'), 'join_proposals', ['state'], unique=False)
    op.create_table('acknowledgements',
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('reply_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('made_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_acknowledgements_letter_id')),
    sa.ForeignKeyConstraint(['reply_id'], ['replies.id'], name=op.f('fk_acknowledgements_reply_id')),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_acknowledgements')),
    sa.UniqueConstraint('address', 'day', name=op.f('uq_acknowledgements_address_day')),
    sa.UniqueConstraint('reply_id', name=op.f('uq_acknowledgements_reply_id'))
    )
    op.create_index(op.f('ix_acknowledgements_made_at'), 'acknowledgements', ['made_at'], unique=False)
    op.create_table('mailbox_actions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ledger_id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=60), nullable=False),
    sa.Column('folder', sa.String(length=200), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=False),
    sa.Column('uid', sa.BigInteger(), nullable=False),
    sa.Column('action', sa.String(length=10), nullable=False),
    sa.Column('target', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('created_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.Column('finished_at', registry.models.base.Moment(timezone=True), nullable=True),
    sa.Column('problem', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['ledger_id'], ['ledger.id'], name=op.f('fk_mailbox_actions_ledger_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mailbox_actions')),
    sa.UniqueConstraint('ledger_id', name=op.f('uq_mailbox_actions_ledger_id'))
    )
    op.create_index(op.f('ix_mailbox_actions_account'), 'mailbox_actions', ['account'], unique=False)
    op.create_index(op.f('ix_mailbox_actions_state'), 'mailbox_actions', ['state'], unique=False)
    op.create_table('delivery_notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('letter_id', sa.Integer(), nullable=False),
    sa.Column('outbox_id', sa.Integer(), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('noted_at', registry.models.base.Moment(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letters.id'], name=op.f('fk_delivery_notices_letter_id')),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], name=op.f('fk_delivery_notices_outbox_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_notices')),
    sa.UniqueConstraint('letter_id', name=op.f('uq_delivery_notices_letter_id'))
    )
    op.create_index(op.f('ix_delivery_notices_outbox_id'), 'delivery_notices', ['outbox_id'], unique=False)
    op.add_column('ledger', sa.Column('size', sa.Integer(), nullable=True))
    op.add_column('ledger', sa.Column('subject', sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column('ledger', sa.Column('sender', sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column('ledger', sa.Column('released', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('letters', sa.Column('content_digest', sa.String(length=64), server_default=sa.text("''"), nullable=False))
    op.create_index(op.f('ix_letters_content_digest'), 'letters', ['content_digest'], unique=False)
    op.add_column('mailbox_states', sa.Column('swept_at', registry.models.base.Moment(timezone=True), nullable=True))
    op.add_column('mailbox_states', sa.Column('not_accounted', sa.Integer(), server_default='0', nullable=False))
    create_guards(op.get_bind(), GUARDS_0002)
