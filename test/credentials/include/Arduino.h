/* What the written header needs of Arduino's. */
#define PROGMEM
