/* The 3.6 line as it comes. */
