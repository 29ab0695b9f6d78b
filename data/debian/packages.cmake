# SPDX-License-Identifier: GPL-3.0-or-later
# The Debian packages phicast and phicast-doc, made by CPack (scripts/package). Included last: it sees all install rules.
include(GNUInstallDirs)

# What every package of Debian has in its folder of documentation.
set(changelog ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz)
set(news ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz)
add_custom_command(OUTPUT ${changelog} DEPENDS data/debian/changelog VERBATIM
  COMMAND sh -c "gzip -9nc \"$1\" >\"$2\"" sh ${PROJECT_SOURCE_DIR}/data/debian/changelog ${changelog})
add_custom_command(OUTPUT ${news} DEPENDS NEWS VERBATIM
  COMMAND sh -c "gzip -9nc \"$1\" >\"$2\"" sh ${PROJECT_SOURCE_DIR}/NEWS ${news})
add_custom_target(changelogs ALL DEPENDS ${changelog} ${news})
install(FILES ${changelog} ${news} data/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/phicast)
install(FILES ${changelog} ${news} data/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/phicast-doc COMPONENT doc)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/phicast-doc COMPONENT doc PATTERN man EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME phicast)
set(CPACK_PACKAGE_CONTACT "Phicast developers <phicast@phicast.invalid>")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL phicast doc)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
  WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)

set(CPACK_DEBIAN_PHICAST_PACKAGE_NAME phicast)
set(CPACK_DEBIAN_PHICAST_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PHICAST_PACKAGE_SHLIBDEPS ON)
# libwebsockets loads the loop that the broadcaster runs on by itself, where shlibdeps does not see it.
set(CPACK_DEBIAN_PHICAST_PACKAGE_DEPENDS libwebsockets-evlib-ev)
set(CPACK_DEBIAN_PHICAST_PACKAGE_RECOMMENDS "pipewire-jack | jackd, xdg-utils")
set(CPACK_DEBIAN_PHICAST_PACKAGE_SUGGESTS phicast-doc)
set(CPACK_DEBIAN_PHICAST_DESCRIPTION "live sound measured and streamed over WebSocket and OSC
Phicast is a client of JACK or PipeWire that listens to up to 64 channels,
passes them through untouched, and works out how they hang together: level,
pitch and phase of each channel, how coherent they are, and whether the sound
is steady, noisy or bursting. A second program sends the numbers to browsers,
TouchDesigner, Node or Python as WebSocket streams 30 times a second, and over
OSC, and serves a dashboard.")

set(CPACK_DEBIAN_DOC_PACKAGE_NAME phicast-doc)
set(CPACK_DEBIAN_DOC_PACKAGE_SECTION doc)
set(CPACK_DEBIAN_DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DOC_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DOC_DESCRIPTION "live sound measured and streamed - documentation
What Phicast's streams carry, what every number means and how exact it is, how
OSC is spoken, and clients to start from in Python, Node, Pure Data,
SuperCollider, TouchDesigner and a browser.")
include(CPack)
