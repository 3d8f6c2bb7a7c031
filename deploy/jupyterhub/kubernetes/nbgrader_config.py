# Everybody's assignments go through the exchange service; it knows who asks by the hub's token of the server.
from ngshare_exchange import configureExchange

c = get_config()  # noqa: F821
configureExchange(c)
