# SPDX-License-Identifier: Apache-2.0
"""What the first clients of an AWS SDK session are made of, made ahead in a zygote.

Each part is given away once, to the first who would make the very same; who would make anything else
makes it as always, and so does everybody later: botocore is then as it was installed. Without them a
child makes 120 registrations, 400 rules and 110 methods for its first S3 client, and copies the
memory that it touches for that.
"""
import os

_TLS_CONTEXTS = 3  # of the first client: its own, and those of two sources of credentials


def offer(loader, services):
    """`loader`: the one that the first session will get. Answers the services whose methods were given away, which
    grows."""
    from botocore.client import ClientCreator
    from botocore.session import Session

    session = Session()
    _offer_handlers(session)
    # As a client's creator calls them: the loader remembers by arguments.
    creator = ClientCreator(loader, None, None, session._events, None, None)
    _offer_rules(creator, services)
    given = _offer_methods(creator, services)
    _offer_tls_contexts()
    return given


def _offer_handlers(session):
    """The built-in handlers, registered."""
    from botocore import handlers
    from botocore.hooks import HierarchicalEmitter

    owner = type(session)
    plain = owner._register_builtin_handlers
    known = list(handlers.BUILTIN_HANDLERS)
    emitter, aliases = session._original_handler, session._events._alias_name_cache
    fresh = repr(vars(HierarchicalEmitter()._handlers))

    def register(self, events):
        owner._register_builtin_handlers = plain
        own = self._original_handler
        if (type(self) is owner and events is self._events and handlers.BUILTIN_HANDLERS == known
                and type(own) is HierarchicalEmitter and repr(vars(own._handlers)) == fresh):
            own.__dict__ = emitter.__dict__
            events._alias_name_cache = aliases
        else:
            plain(self, events)

    owner._register_builtin_handlers = register


def _offer_rules(creator, services):
    """Rules for endpoints, as objects."""
    from botocore import endpoint_provider

    owner = endpoint_provider.RuleSet
    plain = owner.__init__
    partitions = creator._loader.load_data("partitions")
    ready = {}
    for service in services:
        data = dict(creator._load_service_endpoints_ruleset(service), partitions=partitions)
        ready[id(data["rules"])] = data, owner(**data)

    def initialize(self, *arguments, **data):
        known, made = ready.pop(id(data.get("rules")), (None, None))
        if not ready:
            owner.__init__ = plain
        if made and type(self) is owner and not arguments and data == known:
            self.__dict__ = made.__dict__
        else:
            plain(self, *arguments, **data)

    owner.__init__ = initialize


def _offer_methods(creator, services):
    """Methods of clients, before events add to them. Their documentation asks the first session's handlers."""
    owner = type(creator)
    plain, plain_method = owner._create_methods, owner._create_api_method
    handlers = vars(creator._event_emitter._emitter)
    ready, given = {}, []
    for service in services:
        model = creator._load_service_model(service)
        ready[id(model._service_description)] = model, creator._create_methods(model)

    def create(self, service_model):
        known, made = ready.pop(id(service_model._service_description), (None, None))
        if not ready:
            owner._create_methods = plain
        if (made and type(self) is owner and owner._create_api_method is plain_method
                and service_model.service_name == known.service_name and vars(self._event_emitter._emitter) is handlers):
            given.append(known.service_name)
            return made
        return plain(self, service_model)

    owner._create_methods = create
    return given


def _offer_tls_contexts():
    """Contexts for TLS clients, without certificates or connections. What is random in a connection is
    made when it begins."""
    from botocore import httpsession

    plain = httpsession.create_urllib3_context
    ready = [plain() for _ in range(_TLS_CONTEXTS)]

    def create(*arguments, **options):
        if arguments or options or "SSLKEYLOGFILE" in os.environ:
            return plain(*arguments, **options)
        try:
            return ready.pop()
        except IndexError:
            httpsession.create_urllib3_context = plain
            return plain()

    httpsession.create_urllib3_context = create
