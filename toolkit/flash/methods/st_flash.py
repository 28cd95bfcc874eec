# SPDX-License-Identifier: Apache-2.0
"""st-flash of the open source stlink tools, with an ST-LINK."""

from toolkit.flash.program import Program

METHOD = Program(
    "st-flash",
    about="an ST-LINK",
    install="apt-get install stlink-tools",
    absent="Couldn't find any ST-Link devices",
    needs="ST-LINK",
    look="the cable at the plug of the ST-LINK, and that it carries data",
)
